import { ProjectId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { offerWords } from "./offer-words.ts";

const project = { id: ProjectId.parse("0b0a7b50-6d1c-4a3f-9a53-5f7f5f3f1c11"), key: "WEB", name: "Web" };

test("an invitation says what it is to, and as what", () => {
  expect(offerWords({ role: "viewer", project: null, project_role: null })).toBe("to this hub");
  expect(offerWords({ role: "admin", project: null, project_role: null })).toBe("to this hub as an admin");
  expect(offerWords({ role: "viewer", project, project_role: "owner" })).toBe("to the project Web (WEB) as an owner");
  expect(offerWords({ role: "admin", project, project_role: "viewer" })).toBe(
    "to the project Web (WEB) as a viewer, and to this hub as an admin",
  );
});
