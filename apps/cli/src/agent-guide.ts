/** ORCHESTRATIA.md: what an agent must know to work through the CLI. */
export const AGENT_GUIDE = `# Working through Orchestratia

This terminal belongs to an Orchestratia project. Tasks reach you here, and you report on them with the \`orchestratia\`
command. Add \`--json\` to any command for output that a program can read. A task is named by its key (\`APP-12\`), its
id, or the first four or more characters of its id.

## Your work, step by step

1. \`orchestratia task check\` shows your tasks: spec, acceptance criteria, and what earlier tasks hand you (inputs).
2. \`orchestratia task start APP-12\` before you begin. If it says that a plan is wanted, submit one with
   \`orchestratia task plan APP-12 --plan @plan.md\` and wait until it is approved.
3. Do the work. Say how far you are with \`orchestratia task note APP-12 --content "…"\`.
4. Finish with one of
   - \`orchestratia task complete APP-12 --result @result.json\`: done
   - \`orchestratia task fail APP-12 --error "why"\`: it cannot be done
   - \`orchestratia task help APP-12 --question "…"\`: a person must decide; the answer is typed into this terminal

## Results and contracts

A result is any JSON or text. When the task's structured spec declares contracts, deliver each under its key:

\`\`\`json
{
  "summary": "What was done, in a sentence",
  "changes": { "files_modified": ["src/api.ts"], "files_created": [], "files_deleted": [] },
  "contracts": { "api_schema": { "type": "object" } },
  "tests": { "passed": 12, "failed": 0, "skipped": 0 }
}
\`\`\`

A required contract that is missing or does not fit its schema is refused with the reason; correct it and complete again.

## Making work for others

\`\`\`sh
orchestratia task create --title "Build the client" --spec @spec.md --depends-on APP-12 --assign frontend
orchestratia task deps add APP-13 --depends-on APP-12 --type input --contract-key api_schema
orchestratia pipeline create --file pipeline.yaml --dry-run
orchestratia session list
orchestratia intervention list --status pending
\`\`\`

\`orchestratia --help\` and \`orchestratia <command> --help\` say the rest. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
`;
