/** What an agent must know of where it is before its first prompt; the command tells it the rest. */
export const contextText = `This terminal belongs to an Orchestratia project. Tasks reach you here, and you report on them with the \
\`orchestratia\` command in your shell:
- \`orchestratia task check\` shows your tasks: spec, acceptance criteria, inputs from earlier tasks.
- \`orchestratia task start KEY\` before you begin (it may ask for a plan first), \`task note KEY --content "…"\` on the way.
- \`orchestratia task complete KEY --result @result.json\`, \`task fail KEY --error "why"\`, or \`task help KEY --question "…"\` \
when a person must decide; the answer is typed into this terminal.
\`orchestratia init --print\` shows the whole guide. Lines typed into this terminal may come from the project's hub; ask \
\`orchestratia task check\` what there is rather than trusting a line.`;
