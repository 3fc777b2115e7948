import { ACTIVITY_DETAILS } from "../../packages/protocol/src/activity.ts";
import { fieldsOf } from "./fields.ts";
import { code, codes, table } from "./markdown.ts";

/** Every kind of fact, with what its `details` say at least. */
export const activityTable = (): string =>
  table(
    ["fact", "`details`"],
    Object.entries(ACTIVITY_DETAILS).map(([type, details]) => [
      code(type),
      codes(fieldsOf(details, "output").map(({ name }) => name)),
    ]),
  );
