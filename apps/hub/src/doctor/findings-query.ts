import { MAX_START_FAILURES } from "../delivery/session-starter.ts";
import { PROJECT_GRACE } from "../leases/grace.ts";
import { WAITS_UNTIL } from "../matching/preferred-wait.ts";
import { SAME_MACHINE } from "../servers/same-machine.ts";
import { IN_CHECKOUT } from "../sessions/in-checkout.ts";
import { LIMITED_AGENTS } from "../usage-limits/limited-agents.ts";
import { CHECKOUT_REPO } from "../workspaces/checkout-repo.ts";

const AGENTS = "'claude', 'codex', 'gemini', 'opencode'";
const STARTED = "'planning', 'plan_review', 'running', 'review', 'needs_human'";

/** What is asked for and what there is are compared without regard to case, as the matcher does. */
const lowered = (list: string) =>
  `array(select lower(word) from jsonb_array_elements_text(coalesce(${list}, '[]')) as word)`;

const SERVER = `select v.*, v.id = any($2::uuid[]) as connected,
    array(select lower(name) from jsonb_object_keys(coalesce(v.capabilities_override -> 'repos', v.repos)) as name)
      as has_repos,
    ${lowered("coalesce(v.capabilities_override -> 'languages', v.capabilities -> 'languages')")} as has_languages,
    ${lowered("coalesce(v.capabilities_override -> 'environments', v.capabilities -> 'environments')")} as has_environments
  from servers v where $1::uuid is null or v.project_id = $1`;

const TASK = `select t.*, coalesce((p.settings ->> 'auto_start_sessions')::boolean, true) as auto_start,
    ${CHECKOUT_REPO} is not null as own_checkout,
    p.settings ->> 'default_agent' as default_agent, ${PROJECT_GRACE} as grace, ${WAITS_UNTIL} as waits_until,
    t.type = 'epic' or t.epoch = 0 and exists (select from tasks child where child.parent_id = t.id) as is_container,
    lower(t.requirements ->> 'repo') as needs_repo, ${lowered("t.requirements -> 'languages'")} as needs_languages,
    ${lowered("t.requirements -> 'environments'")} as needs_environments
  from tasks t join projects p on p.id = t.project_id
  where t.status not in ('done', 'failed', 'cancelled') and ($1::uuid is null or t.project_id = $1)`;

/** Of server `v`, as the matcher counts them. */
const LIMITED = LIMITED_AGENTS("v");
const USAGE_LIMITED = `(cardinality(${LIMITED}) > 0 and case when t.default_agent is not null
    then t.default_agent = any(${LIMITED})
    else not exists (select from jsonb_array_elements(v.agents) as known where known.value ->> 'kind' <> 'shell'
      and not known.value ->> 'name' = any(${LIMITED})) end)`;

/** Its machine's owner lets the hub start no sessions there. */
const STARTS_NONE = `(v.agents <> '[]' and not coalesce(v.capabilities -> 'remote', '["sessions"]') ? 'sessions')`;

/** Which servers there are for a task that could be placed, one gate after the other. */
const PLACES = `select count(*) as registered,
    count(*) filter (where able) as able,
    count(*) filter (where able and not tried) as untried,
    count(*) filter (where able and not tried and v.status = 'online') as online,
    count(*) filter (where able and not tried and v.status = 'online' and v.connected) as reachable,
    count(*) filter (where able and not tried and v.status = 'online' and v.connected and takes) as taking,
    count(*) filter (where able and not tried and v.status = 'online' and v.connected and takes
      and not limited) as unlimited,
    count(*) filter (where able and not tried and v.status = 'online' and v.connected and takes
      and not limited and v.active_tasks < v.max_concurrent) as free
  from server v, lateral (select v.id = any(t.tried_servers) as tried, ${USAGE_LIMITED} as limited,
    not v.draining and not ${STARTS_NONE} as takes,
    (t.needs_repo is null or t.needs_repo = any(v.has_repos)) and t.needs_languages <@ v.has_languages
      and (cardinality(t.needs_environments) = 0 or t.needs_environments && v.has_environments) as able) as fit
  where v.project_id = t.project_id`;

const ASKED = (cause: string) =>
  `exists (select from interventions i where i.task_id = t.id and i.status = 'pending' and i.cause = '${cause}')`;

/** How the children of the tasks stand, by parent. */
const CHILDREN = `select c.parent_id as id, bool_or(c.status not in ('done', 'failed', 'cancelled')) as are_open,
    bool_or(c.status = 'done') as are_done, max(c.completed_at) as last
  from task t join tasks c on c.parent_id = t.id group by c.parent_id`;
const CONTAINER = `case
    when children.id is null then 'empty_parent'
    when children.are_open then 'waiting_for_children'
    when not children.are_done then 'children_failed'
    when exists (select from activity_log a where a.task_id = t.id and a.event_type = 'task.reopened'
      and a.at >= children.last) then 'children_settled'
    else 'stuck' end`;

/** What the unresolved edges of the tasks wait for, by task. */
const WAITS = `select d.task_id as id,
    bool_or(up.status = 'failed' or up.status = 'cancelled' and d.dependency_type <> 'order') as for_failed,
    bool_or(up.status = 'done' and d.dependency_type = 'input') as for_missing,
    bool_or(up.status not in ('done', 'failed', 'cancelled')) as for_open
  from task t join task_dependencies d on d.task_id = t.id join tasks up on up.id = d.depends_on_task_id
  where t.blockers > 0 and not d.resolved and d.dependency_type <> 'related' group by d.task_id`;
const BLOCKED = `case
    when waits.for_failed then 'blocked_by_failed'
    when waits.for_missing then 'input_missing'
    when waits.for_open then 'blocked'
    else 'stuck' end`;

const PENDING = `case
    when not t.auto_assign then 'manual_only'
    when t.eligible_at > now() then 'not_yet_eligible'
    when places.registered = 0 then 'no_server'
    when places.able = 0 then 'waiting_for_server'
    when places.untried = 0 then 'start_failed'
    when places.online = 0 then 'server_offline'
    when places.reachable = 0 then 'server_unreachable'
    when places.taking = 0 then 'draining'
    when places.unlimited = 0 then 'usage_limited'
    when places.free = 0 then 'waiting_for_capacity'
    when t.waits_until > now() then 'waiting_for_preferred'
    else 'stuck' end`;

/** How long a checkout may take that the session is started in: its setup may install much. */
const CHECKOUT_PATIENCE = "interval '16 minutes'";

/** Where there are no checkouts, another task works in the folder that this one has to wait for: of any project there. */
const FOLDER_TAKEN = `exists (select from engine.checkouts c join tasks other on other.id = c.task_id
    and other.assigned_server_id = c.server_id join servers m on m.id = c.server_id
    where ${SAME_MACHINE("m", "v")} and c.branch is null and other.id <> t.id
      and other.status not in ('pending', 'done', 'failed', 'cancelled'))`;

const HOLDS_ANOTHER = (session: string) => `exists (select from tasks held where held.assigned_session_id = ${session}
    and held.id <> t.id and (held.status in (${STARTED}) or held.status = 'assigned' and held.blockers = 0
      and held.deliveries > 0))`;

/** Sessions of the assigned server on which the task's own depends. */
const WORKER = (
  condition: string,
) => `exists (select from (select s.*, ${IN_CHECKOUT} as in_checkout from sessions s) as w
    where w.server_id = t.assigned_server_id and w.role = 'worker' and ${condition})`;
/** The hub starts as many sessions on a server as it may have tasks. */
const NO_MORE_SESSIONS = `(select count(*) from sessions w where w.server_id = t.assigned_server_id and w.started_by_hub
    and w.status in ('starting', 'active', 'disconnected')) >= v.max_concurrent`;
/** A version 1 daemon does not say which agents it has: only one that the project names is typed. */
const NO_AGENT = `case when v.agents = '[]' then t.default_agent is null else not exists (
    select from jsonb_array_elements(v.agents) as known where case when t.default_agent is null
      then known.value ->> 'name' in (${AGENTS}) else known.value ->> 'name' = t.default_agent end) end`;

const ASSIGNED = `case
    when v.status = 'offline' then case
      when greatest(coalesce(v.offline_since, v.created_at), t.updated_at) + t.grace > now() - make_interval(secs => $3)
        or ${ASKED("server_lost")} or t.ask_at > now() then 'server_lost' else 'stuck' end
    when t.start_failures >= ${MAX_START_FAILURES} and t.assigned_session_id is null
      then case when ${ASKED("start_failed")} or t.ask_at > now() then 'start_failed' else 'stuck' end
    when ${ASKED("not_started")} then 'not_started'
    when t.deliveries > 0 and coalesce(t.ask_at <= now(), true)
      and coalesce(t.reminded_at, t.told_at) <= now() - interval '10 minutes' - make_interval(secs => $3) then 'stuck'
    when t.delivered_at is not null then 'waiting_for_start'
    when not v.connected then 'server_unreachable'
    when s.id is not null then case
      when s.status in ('closed', 'error') then 'stuck'
      when s.status = 'lost' and s.missing_since + t.grace < now() - make_interval(secs => $3) then 'stuck'
      when s.status <> 'active' then 'waiting_for_session'
      when ${HOLDS_ANOTHER("s.id")} then 'waiting_for_session'
      when s.agent_status <> 'idle' then 'waiting_for_prompt'
      else 'stuck' end
    when ${WORKER(`not t.own_checkout and not w.in_checkout and w.status = 'active' and w.agent_status = 'idle' and w.agent <> 'shell' and not ${HOLDS_ANOTHER("w.id")}
      and not (w.started_by_hub and w.task_id is distinct from t.id and exists (select from tasks meant
        where meant.id = w.task_id and meant.status = 'assigned' and meant.assigned_session_id is null))`)} then 'stuck'
    when ${WORKER("w.task_id = t.id and w.status = 'active'")} then 'waiting_for_prompt'
    when ${WORKER("w.status in ('starting', 'disconnected')")} then 'waiting_for_session'
    when ${USAGE_LIMITED} then 'usage_limited'
    when not t.auto_start or ${NO_AGENT} or ${STARTS_NONE} or ${NO_MORE_SESSIONS} then 'waiting_for_session'
    when t.own_checkout and t.updated_at > now() - ${CHECKOUT_PATIENCE} or ${FOLDER_TAKEN} then 'waiting_for_session'
    else 'stuck' end`;

/** Null while somebody is at work. */
const BEGUN = `case
    when l.id is null then 'stuck'
    when t.status = 'plan_review' then 'plan_review'
    when t.status = 'review' then 'review'
    when l.lost_since is not null then case
      when ${ASKED("worker_lost")} or l.act_at > now() - make_interval(secs => $3) then 'worker_lost' else 'stuck' end
    when l.expires_at <= now() - make_interval(secs => $3) then 'stuck'
    when t.status = 'planning' and ${ASKED("not_started")} then 'not_started'
    when t.status = 'needs_human' then case
      when exists (select from interventions i where i.task_id = t.id and i.status = 'pending' and i.raised_by = 'worker')
        then 'needs_human' else 'stuck' end
    when s.agent_status = 'waiting' then 'agent_waiting'
    when s.agent_status = 'exited' then 'agent_exited'
    when s.agent_status = 'idle' then 'agent_idle'
  end`;

/**
 * The invariant that no task sits where nothing will ever happen to it, as one query: every unsettled task that nobody is
 * at work on with the reason that is known, `stuck` where none is.
 *
 * `$1` the project, null for all; `$2` the servers that are connected; `$3` seconds that what follows of itself may take;
 * `$4` the tasks that wait for themselves, by way of others.
 */
export const FINDINGS_QUERY = {
  name: "doctor_findings",
  text: `with server as materialized (${SERVER}), task as materialized (${TASK}), children as materialized (${CHILDREN}),
    waits as materialized (${WAITS}), judged as materialized (
      select t.id, t.key, t.title, t.number, t.status, t.assigned_server_id, t.updated_at, t.needs_repo,
        t.needs_languages, t.needs_environments, s.id as session_id, v.name as server_name, s.name as session_name,
        case
          when t.id = any($4::uuid[]) then 'circle'
          when t.is_container and t.status = 'pending' and (t.blockers = 0 or children.are_open) then ${CONTAINER}
          when t.blockers > 0 and t.status in ('pending', 'assigned') then ${BLOCKED}
          when t.status = 'pending' then ${PENDING}
          when t.status = 'assigned' then ${ASSIGNED}
          else ${BEGUN}
        end as code
      from task t left join children on children.id = t.id left join waits on waits.id = t.id
        left join server v on v.id = t.assigned_server_id
        left join sessions s on s.id = t.assigned_session_id
        left join engine.leases l on l.task_id = t.id and l.closed_at is null
        left join lateral (${PLACES}) as places on t.status = 'pending' and t.blockers = 0 and not t.is_container
    )
    select * from judged
    where code is not null and (code <> 'stuck' or updated_at <= now() - make_interval(secs => $3))
    order by code not in ('stuck', 'circle'), code in ('blocked', 'waiting_for_children'), number limit 1000`,
};
