/** Every way the hub can refuse. The key is the wire code (`urn:orchestratia:problem:<code>`); clients switch on it. */
export const problems = {
  invalid_request: { status: 422, title: "The request does not have the right form" },
  malformed_json: { status: 400, title: "The body is not JSON" },
  malformed_yaml: { status: 400, title: "The body is not YAML" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "Send JSON" },
  json_too_deep: { status: 422, title: "The body is nested too deep" },
  lone_surrogate: { status: 422, title: "Text may not contain half a character" },
  nul_character: { status: 422, title: "Text may not contain NUL" },
  unauthenticated: { status: 401, title: "Sign in first" },
  wrong_credentials: { status: 401, title: "E-mail and password do not match" },
  token_invalid: { status: 401, title: "The token is not valid" },
  token_used: { status: 401, title: "The token was used already" },
  token_expired: { status: 401, title: "The token has expired" },
  csrf_failed: { status: 403, title: "The request did not come from the dashboard" },
  forbidden: { status: 403, title: "You may not do this" },
  setup_done: { status: 409, title: "This hub is set up already" },
  not_found: { status: 404, title: "There is nothing at this address" },
  project_not_found: { status: 404, title: "No such project" },
  task_not_found: { status: 404, title: "No such task" },
  task_ambiguous: { status: 409, title: "Several tasks begin with this" },
  server_not_found: { status: 404, title: "No such server" },
  session_not_found: { status: 404, title: "No such session" },
  recording_not_found: { status: 404, title: "Nothing of this session is recorded" },
  session_ambiguous: { status: 409, title: "Several sessions have this name" },
  intervention_not_found: { status: 404, title: "No such intervention" },
  intervention_ambiguous: { status: 409, title: "Several interventions begin with this" },
  dependency_not_found: { status: 404, title: "No such dependency" },
  task_wrong_status: { status: 409, title: "The task cannot make that move now" },
  dependencies_unresolved: { status: 409, title: "The task still waits for others" },
  not_the_worker: { status: 409, title: "Another session works on this task" },
  stale_lease: { status: 409, title: "The right to work on this task has ended" },
  session_busy: { status: 409, title: "This session has a started task already" },
  not_the_driver: { status: 409, title: "Somebody else types into this terminal" },
  session_not_live: { status: 409, title: "The session is not running" },
  session_live: { status: 409, title: "The session still runs" },
  session_tells_status: { status: 409, title: "The session's daemon says itself what its agent does" },
  server_unreachable: { status: 409, title: "The server is not connected" },
  agent_unknown: { status: 409, title: "The server does not have this agent" },
  task_not_assignable: { status: 409, title: "This task is never assigned itself" },
  dependency_cycle: { status: 409, title: "The dependency would close a circle" },
  dependency_exists: { status: 409, title: "The tasks depend on each other already" },
  dependency_self: { status: 422, title: "A task cannot depend on itself" },
  dependency_too_late: { status: 409, title: "The task has been started" },
  input_name_taken: { status: 409, title: "Two inputs would have one name" },
  contract_missing: { status: 409, title: "The finished task never delivered this contract" },
  contract_unfulfilled: { status: 422, title: "The result does not fulfil its contracts" },
  contract_schema_invalid: { status: 422, title: "A contract's JSON Schema cannot be used" },
  contract_changed: { status: 409, title: "The contracts changed while the result was checked" },
  intervention_settled: { status: 409, title: "The intervention was answered already" },
  human_only: { status: 403, title: "Only a person may answer this" },
  parent_settled: { status: 409, title: "The parent task is settled" },
  parent_cycle: { status: 409, title: "A task cannot be below itself" },
  pipeline_invalid: { status: 422, title: "The pipeline cannot be created" },
  version_conflict: { status: 412, title: "Somebody changed the task meanwhile" },
  server_name_taken: { status: 409, title: "Another server of the project has this name" },
  key_taken: { status: 409, title: "The key is taken" },
  email_taken: { status: 409, title: "The e-mail address is taken" },
  user_not_found: { status: 404, title: "No such user" },
  user_deactivated: { status: 403, title: "The account is deactivated" },
  last_admin: { status: 409, title: "The hub would be without an admin" },
  wrong_password: { status: 403, title: "The password is not right" },
  password_weak: { status: 422, title: "The password is easy to guess" },
  access_token_not_found: { status: 404, title: "No such access token" },
  too_many_tokens: { status: 409, title: "You have as many access tokens as one may" },
  sign_in_not_found: { status: 404, title: "No such sign-in" },
  member_not_found: { status: 404, title: "No such member" },
  member_exists: { status: 409, title: "They are in the project already" },
  last_owner: { status: 409, title: "The project would be without an owner" },
  invitation_not_found: { status: 404, title: "No such invitation" },
  provider_not_found: { status: 404, title: "No such sign-in provider" },
  provider_taken: { status: 409, title: "The provider's id is taken" },
  provider_fixed: { status: 409, title: "The environment sets the provider" },
  provider_unavailable: { status: 503, title: "The sign-in provider cannot be asked" },
  oauth_expired: { status: 400, title: "The sign-in took too long or began elsewhere" },
  oauth_cancelled: { status: 403, title: "The sign-in was cancelled at the provider" },
  oauth_failed: { status: 400, title: "The provider did not confirm the sign-in" },
  email_unverified: { status: 403, title: "The provider has not verified the e-mail address" },
  not_invited: { status: 403, title: "There is no account to sign in to" },
  identity_not_found: { status: 404, title: "No such linked account" },
  identity_taken: { status: 409, title: "It is linked to somebody else's account" },
  last_way_in: { status: 409, title: "It is the last way to sign in" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key came with another request" },
  request_in_progress: { status: 409, title: "A request with this Idempotency-Key was never answered" },
  answer_not_kept: { status: 409, title: "The request was carried out and its answer is not kept" },
  host_not_allowed: { status: 403, title: "The hub is not called that" },
  registration_token_not_found: { status: 404, title: "No such registration token" },
  server_key_not_found: { status: 404, title: "No such key" },
  rule_not_found: { status: 404, title: "No such rule" },
  too_many_rules: { status: 409, title: "The project has as many rules as it may have" },
  transfer_not_found: { status: 404, title: "No such file transfer" },
  file_unreadable: { status: 409, title: "The file cannot be read" },
  refused_by_policy: { status: 403, title: "The machine's policy does not allow this" },
  file_too_large: { status: 413, title: "The file is too large" },
  server_full: { status: 409, title: "The server cannot hold another session" },
  server_busy: { status: 409, title: "The server has its hands full" },
  daemon_lacks: { status: 409, title: "The server's daemon cannot do this" },
  daemon_silent: { status: 504, title: "The server's daemon did not answer in time" },
  too_many_requests: { status: 429, title: "Too many requests" },
  shutting_down: { status: 503, title: "The hub is stopping" },
  database_unavailable: { status: 503, title: "The database does not answer" },
  dashboard_unavailable: { status: 503, title: "The dashboard is not running" },
  internal: { status: 500, title: "Something broke on our side" },
  evidence_failed: { status: 422, title: "The verify commands do not pass" },
  workspace_refused: { status: 409, title: "The server's daemon refuses this" },
  diff_not_found: { status: 404, title: "Nothing is known of what the task changed" },
  tool_request_not_found: { status: 404, title: "No such question about a tool" },
  input_refused: { status: 409, title: "What was typed did not reach the terminal" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** A refusal that a caller can act on. `detail` is a plain sentence: existing clients print it. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly detail: string;
  readonly members: Record<string, unknown>;

  constructor(code: ProblemCode, detail: string = problems[code].title, members: Record<string, unknown> = {}) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.members = members;
  }

  get status(): number {
    return problems[this.code].status;
  }

  /** The RFC 9457 document. The reserved members come last, so that a member called `status` cannot hide them. */
  toDocument(instance?: string): Record<string, unknown> {
    return {
      ...this.members,
      type: TYPE_PREFIX + this.code,
      title: problems[this.code].title,
      status: this.status,
      detail: this.detail,
      ...(instance === undefined ? {} : { instance }),
    };
  }
}

const TYPE_PREFIX = "urn:orchestratia:problem:";

/** The code of a problem document, or undefined when the document is not one of ours. */
export function problemCode(document: unknown): ProblemCode | undefined {
  const type = (document as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== "string" || !type.startsWith(TYPE_PREFIX)) return undefined;
  const code = type.slice(TYPE_PREFIX.length);
  return Object.hasOwn(problems, code) ? (code as ProblemCode) : undefined;
}
