import type { DependencyType } from "./dependency-graph.ts";
import type { ContractStatus } from "./vocabulary.ts";

/** Of the value's JSON text in UTF-8, like the two limits below. */
export const CONTRACT_VALUE_MAX_BYTES = 1024 * 1024;
export const RESULT_MAX_BYTES = 8 * 1024 * 1024;
export const STRUCTURED_SPEC_MAX_BYTES = 256 * 1024;

export const CONTRACT_KEY = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const FORBIDDEN_KEYS: readonly string[] = ["__proto__", "constructor", "prototype"];

/** One entry of `expected_output.contracts`. The schema is JSON Schema 2020-12, and untrusted. */
export type DeclaredContract = {
  key: string;
  type?: string;
  description?: string;
  required: boolean;
  schema?: unknown;
};

/** A task's contract values by key; the map has no prototype, so a key can never hit one of `Object`'s own members. */
export type Contracts = Record<string, unknown>;

export function isContractKey(key: unknown): key is string {
  return typeof key === "string" && CONTRACT_KEY.test(key) && !FORBIDDEN_KEYS.includes(key);
}

/** Reads `expected_output.contracts`; entries without a usable key are passed over, of two with one key the first counts. */
export function declaredContracts(structuredSpec: unknown): DeclaredContract[] {
  const entries = ownMember(ownMember(structuredSpec, "expected_output"), "contracts");
  if (!Array.isArray(entries)) return [];
  const declared = new Map<string, DeclaredContract>();
  for (const entry of entries) {
    const contract = declaredContract(entry);
    if (contract && !declared.has(contract.key)) declared.set(contract.key, contract);
  }
  return [...declared.values()];
}

function declaredContract(entry: unknown): DeclaredContract | undefined {
  const key = ownMember(entry, "key");
  if (!isContractKey(key)) return undefined;
  const type = ownMember(entry, "type");
  const description = ownMember(entry, "description");
  const schema = ownMember(entry, "schema");
  return {
    key,
    required: ownMember(entry, "required") !== false,
    ...(typeof type === "string" && { type }),
    ...(typeof description === "string" && { description }),
    ...(schema !== undefined && schema !== null && { schema }),
  };
}

/** Whether verdicts reached for one set of declarations still count for another: same keys, same schemas, same duties. */
export function sameDeclarations(left: readonly DeclaredContract[], right: readonly DeclaredContract[]): boolean {
  const duties = (declared: readonly DeclaredContract[]) =>
    JSON.stringify(declared.map(({ key, required, schema }) => [key, required, schema]));
  return duties(left) === duties(right);
}

/** A result that arrives as the text of a JSON object is that object; everything else is left as it is. */
export function normaliseResult(result: unknown): unknown {
  if (typeof result !== "string" || !result.trimStart().startsWith("{")) return result;
  try {
    return JSON.parse(result);
  } catch {
    return result;
  }
}

/** The contract values in a result. What no edge could ever name (see `isContractKey`) is not a contract and left out. */
export function deliveredContracts(result: unknown): Contracts {
  const delivered: Contracts = Object.create(null);
  const contracts = ownMember(normaliseResult(result), "contracts");
  if (!isRecord(contracts)) return delivered;
  for (const key of Object.keys(contracts)) if (isContractKey(key)) delivered[key] = contracts[key];
  return delivered;
}

export type InvalidContract = { key: string; errors: readonly string[] };
export type ContractWarning =
  | { code: "optional_missing"; key: string }
  | { code: "optional_invalid"; key: string; errors: readonly string[] };

export type ContractCheck = {
  /** Whether the task may be settled with these contracts. */
  ok: boolean;
  /** What to store when it is. */
  status: ContractStatus;
  missing: string[];
  invalid: InvalidContract[];
  warnings: ContractWarning[];
};

/**
 * Holds what was delivered against what was promised.
 *
 * A required contract that is missing or fails its schema refuses the completion, or makes it partial where the caller
 * allows that; an optional one only warns. A key that a dependent needs and nobody declared counts as required.
 * Extra contracts are welcome. `verdicts` holds the schema errors by key, where there are any.
 */
export function checkContracts(input: {
  declared: readonly DeclaredContract[];
  demanded?: Iterable<string>;
  delivered: Contracts;
  verdicts?: ReadonlyMap<string, readonly string[]>;
  allowPartial?: boolean | undefined;
}): ContractCheck {
  const { declared, demanded = [], delivered, verdicts, allowPartial = false } = input;
  const declaredKeys = new Set(declared.map(({ key }) => key));
  const undeclared = [...new Set(demanded)].filter((key) => !declaredKeys.has(key));
  const duties = [...declared, ...undeclared.map((key) => ({ key, required: true }))];

  const missing: string[] = [];
  const invalid: InvalidContract[] = [];
  const warnings: ContractWarning[] = [];
  for (const { key, required } of duties) {
    const errors = verdicts?.get(key) ?? [];
    if (!Object.hasOwn(delivered, key)) {
      if (required) missing.push(key);
      else warnings.push({ code: "optional_missing", key });
    } else if (errors.length > 0) {
      if (required) invalid.push({ key, errors });
      else warnings.push({ code: "optional_invalid", key, errors });
    }
  }
  const kept = missing.length === 0 && invalid.length === 0;
  const status = kept ? "fulfilled" : "partial";
  return { ok: kept || allowPartial, status: duties.length === 0 ? "none" : status, missing, invalid, warnings };
}

/** An edge as the task that waits sees it. `upstreamKey` is the upstream's human key, such as `DEMO-1`. */
export type InputEdge = {
  dependsOn: string;
  upstreamKey: string;
  type: DependencyType;
  contractKey?: string | null | undefined;
  alias?: string | null | undefined;
  resolved: boolean;
};

/** The name under which an edge's data reaches its task; edges of the other types carry none. */
export function deliveredName(edge: Omit<InputEdge, "dependsOn" | "resolved">): string | undefined {
  return edge.type === "input" ? (edge.alias ?? edge.contractKey ?? edge.upstreamKey) : undefined;
}

/** The first name that two edges of one task would both deliver, which may not be. */
export function conflictingName(edges: Iterable<Omit<InputEdge, "dependsOn" | "resolved">>): string | undefined {
  const names = new Set<string>();
  for (const edge of edges) {
    const name = deliveredName(edge);
    if (name === undefined) continue;
    if (names.has(name)) return name;
    names.add(name);
  }
  return undefined;
}

/**
 * A task's `resolved_inputs`: each resolved input edge's value, verbatim, under the name it delivers. An edge without a
 * contract key delivers its upstream's whole contracts. `upstreams` holds delivered contracts by task id.
 */
export function resolvedInputsFrom(
  edges: Iterable<InputEdge>,
  upstreams: ReadonlyMap<string, Contracts>,
): Record<string, unknown> {
  const inputs: Record<string, unknown> = Object.create(null);
  for (const edge of edges) {
    const name = deliveredName(edge);
    const delivered = upstreams.get(edge.dependsOn);
    if (name === undefined || !edge.resolved || !delivered) continue;
    if (edge.contractKey === null || edge.contractKey === undefined) inputs[name] = delivered;
    else if (Object.hasOwn(delivered, edge.contractKey)) inputs[name] = delivered[edge.contractKey];
  }
  return inputs;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ownMember(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
