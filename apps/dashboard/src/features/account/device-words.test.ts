import { expect, test } from "vitest";
import { deviceOf } from "./device-words.ts";

test("a browser is named with the system that it runs on", () => {
  expect(
    deviceOf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"),
  ).toBe("Chrome on Linux");
  expect(
    deviceOf(
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    ),
  ).toBe("Safari on iPhone");
  expect(deviceOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0")).toBe(
    "Firefox on Windows",
  );
});

test("Edge and Opera, which also say that they are Chrome, keep their own names", () => {
  const chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36";
  expect(deviceOf(`${chrome} Edg/142.0`)).toBe("Edge on Windows");
  expect(deviceOf(`${chrome} OPR/110.0`)).toBe("Opera on Windows");
});

test("Android, which also says that it is Linux, keeps its own name", () => {
  expect(
    deviceOf("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"),
  ).toBe("Chrome on Android");
});

test("a program is named as it names itself, and one that says nothing is not guessed at", () => {
  expect(deviceOf("orchestratia-cli/0.4.0 node/24")).toBe("orchestratia-cli");
  expect(deviceOf("")).toBe("An unnamed program");
});
