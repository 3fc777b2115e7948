import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Contracts,
  checkContracts,
  conflictingName,
  type DeclaredContract,
  declaredContracts,
  deliveredContracts,
  deliveredName,
  type InputEdge,
  isContractKey,
  normaliseResult,
  resolvedInputsFrom,
  sameDeclarations,
} from "./contracts.ts";

test.each(["a", "_", "api_schema", "a.b-c", "A9", "a".repeat(64)])("%s is a contract key", (key) => {
  expect(isContractKey(key)).toBe(true);
});

test.each([
  "",
  "9a",
  "-a",
  "a b",
  "ä",
  "a\n",
  "a".repeat(65),
  "__proto__",
  "constructor",
  "prototype",
  7,
  null,
  undefined,
])("%j is no contract key", (key) => {
  expect(isContractKey(key)).toBe(false);
});

describe("reading declarations", () => {
  test("required is the default, and what a reader needs is kept", () => {
    const contracts = [
      { key: "api", type: "json", description: "the API", schema: { type: "object" } },
      { key: "notes", required: false },
    ];
    expect(declaredContracts({ expected_output: { contracts } })).toEqual([
      { key: "api", type: "json", description: "the API", required: true, schema: { type: "object" } },
      { key: "notes", required: false },
    ]);
  });

  test("what cannot be understood is passed over, and the first of two entries for a key counts", () => {
    const contracts = [
      "api",
      null,
      { key: 7 },
      { key: "__proto__" },
      { key: "a", type: 3 },
      { key: "a", required: false },
    ];
    expect(declaredContracts({ expected_output: { contracts } })).toEqual([{ key: "a", required: true }]);
  });

  test.each([undefined, null, 7, "x", [], {}, { expected_output: [] }, { expected_output: { contracts: { a: 1 } } }])(
    "%j declares nothing",
    (spec) => {
      expect(declaredContracts(spec)).toEqual([]);
    },
  );

  test("a changed schema or duty makes verdicts stale, a changed description does not", () => {
    const declared: DeclaredContract[] = [{ key: "a", required: true, schema: { type: "string" } }];
    expect(sameDeclarations(declared, [{ ...(declared[0] as DeclaredContract), description: "new" }])).toBe(true);
    expect(sameDeclarations(declared, [{ key: "a", required: true, schema: { type: "number" } }])).toBe(false);
    expect(sameDeclarations(declared, [{ key: "a", required: false, schema: { type: "string" } }])).toBe(false);
    expect(sameDeclarations(declared, [])).toBe(false);
  });
});

describe("reading results", () => {
  test("the text of a JSON object is that object, any other text stays text", () => {
    expect(normaliseResult(' {"contracts":{"a":1}}')).toEqual({ contracts: { a: 1 } });
    for (const text of ["[1]", "7", "done", "{not json", ""]) expect(normaliseResult(text)).toBe(text);
    expect(normaliseResult(null)).toBe(null);
  });

  test("contract values are delivered as they are, from an object or its text", () => {
    const result = { summary: "ok", contracts: { a: { deep: [1, null] }, b: null } };
    expect({ ...deliveredContracts(result) }).toEqual(result.contracts);
    expect({ ...deliveredContracts(JSON.stringify(result)) }).toEqual(result.contracts);
  });

  test.each([undefined, null, 7, "text", [], {}, { contracts: null }, { contracts: [1] }, { contracts: "a" }])(
    "%j delivers nothing",
    (result) => {
      expect(Object.keys(deliveredContracts(result))).toEqual([]);
    },
  );

  test("a hostile key neither arrives nor changes a prototype", () => {
    const delivered = deliveredContracts('{"contracts":{"__proto__":{"polluted":1},"constructor":1,"a":1}}');
    expect(Object.keys(delivered)).toEqual(["a"]);
    expect(Object.getPrototypeOf(delivered)).toBe(null);
    expect("polluted" in {}).toBe(false);
  });

  test("inherited members are not delivered", () => {
    expect(Object.keys(deliveredContracts(Object.create({ contracts: { a: 1 } })))).toEqual([]);
    expect(checkContracts({ declared: [{ key: "toString", required: true }], delivered: {} }).missing).toEqual([
      "toString",
    ]);
  });
});

describe("checking at completion", () => {
  const must: DeclaredContract = { key: "must", required: true, schema: {} };
  const may: DeclaredContract = { key: "may", required: false, schema: {} };
  const wrong = (key: string) => new Map([[key, ["/x must be string"]]]);

  type Row = [
    title: string,
    input: Parameters<typeof checkContracts>[0],
    expected: Partial<ReturnType<typeof checkContracts>>,
  ];
  test.each<Row>([
    ["nothing declared, nothing delivered", { declared: [], delivered: {} }, { ok: true, status: "none" }],
    ["undeclared extras only", { declared: [], delivered: { x: 1 } }, { ok: true, status: "none", warnings: [] }],
    [
      "all delivered",
      { declared: [must, may], delivered: { must: 1, may: 2 } },
      { ok: true, status: "fulfilled", warnings: [] },
    ],
    ["null counts as delivered", { declared: [must], delivered: { must: null } }, { ok: true, status: "fulfilled" }],
    ["required missing", { declared: [must], delivered: {} }, { ok: false, missing: ["must"], invalid: [] }],
    [
      "required failing its schema",
      { declared: [must], delivered: { must: 1 }, verdicts: wrong("must") },
      { ok: false, missing: [], invalid: [{ key: "must", errors: ["/x must be string"] }] },
    ],
    [
      "an empty list of errors is a pass",
      { declared: [must], delivered: { must: 1 }, verdicts: new Map([["must", []]]) },
      { ok: true, status: "fulfilled" },
    ],
    [
      "required missing, partial allowed",
      { declared: [must], delivered: {}, allowPartial: true },
      { ok: true, status: "partial", missing: ["must"] },
    ],
    [
      "required invalid, partial allowed",
      { declared: [must], delivered: { must: 1 }, verdicts: wrong("must"), allowPartial: true },
      { ok: true, status: "partial" },
    ],
    [
      "everything there, partial allowed",
      { declared: [must], delivered: { must: 1 }, allowPartial: true },
      { ok: true, status: "fulfilled" },
    ],
    [
      "optional missing",
      { declared: [must, may], delivered: { must: 1 } },
      { ok: true, status: "fulfilled", missing: [], warnings: [{ code: "optional_missing", key: "may" }] },
    ],
    [
      "optional failing its schema",
      { declared: [may], delivered: { may: 1 }, verdicts: wrong("may") },
      {
        ok: true,
        status: "fulfilled",
        invalid: [],
        warnings: [{ code: "optional_invalid", key: "may", errors: ["/x must be string"] }],
      },
    ],
    [
      "an undeclared key that a dependent needs is missing",
      { declared: [], demanded: ["needed", "needed"], delivered: {} },
      { ok: false, status: "partial", missing: ["needed"] },
    ],
    [
      "an undeclared key that a dependent needs is there",
      { declared: [], demanded: ["needed"], delivered: { needed: 0 } },
      { ok: true, status: "fulfilled", missing: [] },
    ],
    [
      "a key declared as optional stays optional when a dependent needs it",
      { declared: [may], demanded: ["may"], delivered: {} },
      { ok: true, missing: [], warnings: [{ code: "optional_missing", key: "may" }] },
    ],
  ])("%s", (_title, input, expected) => {
    expect(checkContracts(input)).toMatchObject(expected);
  });
});

describe("what arrives downstream", () => {
  const edge = (more: Partial<InputEdge>): InputEdge => ({
    dependsOn: "one",
    upstreamKey: "DEMO-1",
    type: "input",
    resolved: true,
    ...more,
  });
  const value = { paths: ["/users"], __proto: 1 };
  const upstreams = new Map<string, Contracts>([["one", { api: value, other: 0 }]]);

  test.each<[title: string, edges: InputEdge[], inputs: Record<string, unknown>]>([
    ["a key's value under the key", [edge({ contractKey: "api" })], { api: value }],
    ["a key's value under its alias", [edge({ contractKey: "api", alias: "schema" })], { schema: value }],
    [
      "without a key, everything under the upstream's key",
      [edge({ contractKey: null })],
      { "DEMO-1": { api: value, other: 0 } },
    ],
    ["without a key, everything under the alias", [edge({ alias: "all" })], { all: { api: value, other: 0 } }],
    ["nothing from an unresolved edge", [edge({ contractKey: "api", resolved: false })], {}],
    ["nothing from a missing key", [edge({ contractKey: "nope" })], {}],
    ["nothing from an inherited key", [edge({ contractKey: "toString" })], {}],
    ["nothing from an edge of another type", [edge({ type: "blocks" }), edge({ type: "related" })], {}],
    ["nothing from an unknown upstream", [edge({ dependsOn: "two" })], {}],
  ])("%s", (_title, edges, inputs) => {
    expect({ ...resolvedInputsFrom(edges, upstreams) }).toEqual(inputs);
  });

  test("any JSON value arrives as it was delivered", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (sent) => {
        const delivered = deliveredContracts(JSON.stringify({ contracts: { api: sent } }));
        const inputs = resolvedInputsFrom([edge({ contractKey: "api" })], new Map([["one", delivered]]));
        expect(JSON.stringify(inputs.api)).toBe(JSON.stringify(sent));
      }),
    );
  });

  test("two edges that would deliver one name are found, whichever way they come by it", () => {
    expect(conflictingName([edge({ contractKey: "a" }), edge({ contractKey: "b", alias: "a" })])).toBe("a");
    expect(conflictingName([edge({}), edge({ contractKey: "x", alias: "DEMO-1" })])).toBe("DEMO-1");
    expect(conflictingName([edge({ contractKey: "a" }), edge({ contractKey: "a", alias: "b" })])).toBeUndefined();
    expect(conflictingName([edge({ type: "blocks" }), edge({ type: "blocks" }), edge({})])).toBeUndefined();
    expect(deliveredName(edge({ type: "order", alias: "a" }))).toBeUndefined();
  });
});
