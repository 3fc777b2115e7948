import { expect, test } from "vitest";
import { linkTarget } from "./terminal-links.ts";

test.each([
  ["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"],
  ["http://127.0.0.1:3000", "http://127.0.0.1:3000/"],
  // What is shown is what is opened: letters that look like others are spelled out.
  ["https://еxample.org/", "https://xn--xample-2of.org/"],
])("%s leads to %s", (text, target) => {
  expect(linkTarget(text)).toBe(target);
});

test.each(["javascript:alert(1)", "data:text/html,<script>", "file:///etc/passwd", "vscode://open", "not a link", ""])(
  "%j leads nowhere",
  (text) => {
    expect(linkTarget(text)).toBeUndefined();
  },
);
