import { expect, test } from "vitest";
import { OutputWindow } from "./output-window.ts";

function testWindow() {
  let now = 0;
  let timer: { due: number; callback: () => void } | undefined;
  const sent: { at: number; bytes: number }[] = [];
  const clock = {
    now: () => now,
    after(ms: number, callback: () => void) {
      timer = { due: now + ms, callback };
      return () => {
        timer = undefined;
      };
    },
  };
  return {
    sent,
    window: new OutputWindow(clock, (frame) => {
      sent.push({ at: now, bytes: frame.length });
      frame.release();
    }),
    advanceTo(ms: number) {
      if (timer && timer.due <= ms) {
        now = timer.due;
        timer.callback();
      }
      now = ms;
    },
  };
}

test("an echo leaves at once", () => {
  const { window, sent, advanceTo } = testWindow();
  window.push(Buffer.from("a"));
  advanceTo(1);
  window.push(Buffer.from("b"));
  expect(sent).toEqual([
    { at: 0, bytes: 1 },
    { at: 1, bytes: 1 },
  ]);
});

test("a flood leaves as one frame per 4 ms", () => {
  const { window, sent, advanceTo } = testWindow();
  for (let ms = 0; ms < 12; ms += 1) {
    advanceTo(ms);
    window.push(Buffer.alloc(2000));
  }
  advanceTo(20);
  expect(sent).toEqual([
    { at: 0, bytes: 2000 },
    { at: 5, bytes: 8000 },
    { at: 9, bytes: 8000 },
    { at: 13, bytes: 6000 },
  ]);
});

test("32 KB leave as soon as they are together", () => {
  const { window, sent } = testWindow();
  for (let n = 0; n < 12; n += 1) window.push(Buffer.alloc(4096));
  expect(sent).toEqual([{ at: 0, bytes: 32_768 }]);
  window.flush();
  expect(sent.at(-1)).toEqual({ at: 0, bytes: 16_384 });
});

test("what is dropped is never sent", () => {
  const { window, sent, advanceTo } = testWindow();
  window.push(Buffer.alloc(4000));
  window.drop();
  advanceTo(100);
  expect(sent).toEqual([]);
});
