import { expect, test } from "vitest";
import { dropDraft, keepDraft, openDraft } from "./edit-draft.ts";

const task = { id: "1", version: 4, title: "Saw it", spec: "Walnut.", priority: "normal" as const, labels: ["wood"] };

/** A drawer such as the browser's. */
function drawer() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test("what was typed is there again, with the version that it was typed onto", () => {
  const store = drawer();
  const begun = openDraft(task, store);
  keepDraft(task.id, { ...begun, mine: { ...begun.mine, title: "Saw them" } }, store);
  const again = openDraft({ ...task, version: 9, title: "Somebody else's" }, store);
  expect(again).toMatchObject({ version: 4, base: { title: "Saw it" }, mine: { title: "Saw them" } });
  dropDraft(task.id, store);
  expect(openDraft({ ...task, version: 9 }, store).version).toBe(9);
});

test("a draft without a change is not kept", () => {
  const store = drawer();
  const begun = openDraft(task, store);
  keepDraft(task.id, { ...begun, mine: { ...begun.mine, title: "Saw them" } }, store);
  keepDraft(task.id, begun, store);
  expect(store.kept.size).toBe(0);
});

test.each(["no json", "{}", '{"version":1,"base":{},"mine":{}}', '{"version":"1"}', "[]", "7"])(
  "what is no draft (%s) is passed over",
  (text) => {
    const store = drawer();
    store.setItem("orchestratia.edit.1", text);
    expect(openDraft(task, store)).toMatchObject({ version: 4, mine: { title: "Saw it" } });
  },
);

test("a browser that keeps nothing stops nobody", () => {
  const begun = openDraft(task, drawer());
  const full = {
    ...drawer(),
    setItem: () => {
      throw new Error("full");
    },
  };
  keepDraft(task.id, { ...begun, mine: { ...begun.mine, spec: "Oak." } }, full);
  expect(openDraft(task, full).mine.spec).toBe("Walnut.");
});
