import { ProjectChanges, ProjectSettings } from "@orchestratia/protocol/projects";
import { expect, test } from "vitest";
import { defaultWords, SETTING_GROUPS } from "./setting-words.ts";
import { changesOf, draftErrors, refusedFields } from "./settings-draft.ts";

const project = { name: "Bookshelf", settings: ProjectSettings.parse({ grace: "5 min" }) };

test("only what is otherwise than before is sent", () => {
  expect(
    changesOf(project, { grace: " 5 min ", name: "Bookshelf ", default_agent: " ", verify_commands: [""] }),
  ).toEqual({});
  const changes = changesOf(project, { name: "Shelf", max_attempts: "5", verify_commands: ["npm test ", ""] });
  expect(changes).toEqual({ name: "Shelf", settings: { max_attempts: 5, verify_commands: ["npm test"] } });
  expect(draftErrors(changes)).toEqual({});
  expect(ProjectChanges.parse(changes)).toEqual(changes);
});

test("what a text field is emptied of goes back to what holds without it", () => {
  const settings = ProjectSettings.parse({ default_agent: "codex" });
  expect(changesOf({ ...project, settings }, { default_agent: "" })).toEqual({ settings: { default_agent: null } });
});

test.each([
  ["grace", { grace: "soon" }],
  ["retention_recordings", { retention_recordings: "30 min" }],
  ["max_attempts", { max_attempts: "1.5" }],
  ["max_attempts", { max_attempts: "" }],
  ["name", { name: " " }],
  ["verify_commands", { verify_commands: Array.from({ length: 21 }, (_, n) => `check ${n}`) }],
])("%s is asked for in words", (field, edits) => {
  const errors = draftErrors(changesOf(project, edits));
  expect(Object.keys(errors)).toEqual([field]);
  expect(errors[field]).toMatch(/^[A-Z]/);
});

test("what the hub refuses stands at its field", () => {
  const errors = [{ in: "body", path: "settings.grace", message: "A number and s, min, h or d, such as 10 min" }];
  expect(refusedFields({ errors })).toEqual({ grace: "A number and s, min, h or d, such as 10 min" });
  expect(refusedFields({})).toEqual({});
});

test("every setting of a project is on the page, once, with a sentence and what holds without it", () => {
  const settings = SETTING_GROUPS.flatMap((group) => group.settings);
  expect(settings.map(({ name }) => name).toSorted()).toEqual(Object.keys(ProjectSettings.shape).toSorted());
  for (const setting of settings) {
    expect(setting.help).toMatch(/^[A-Z].+\.$/);
    expect(defaultWords(setting)).toMatch(/\S/);
    const values = Object.keys(setting.options ?? {});
    for (const value of values) expect(() => ProjectSettings.parse({ [setting.name]: value })).not.toThrow();
  }
});
