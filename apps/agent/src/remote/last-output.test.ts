import { expect, test } from "vitest";
import { waitFor } from "../testing/wait.ts";
import { LastOutput } from "./last-output.ts";

/** The looks until it was done. */
async function waited(output: LastOutput, onLook: (looks: number) => void): Promise<number> {
  let looks = 0;
  let isDone = false;
  output.wait({
    looked: () => {
      looks += 1;
      onLook(looks);
    },
    done: () => {
      isDone = true;
    },
  });
  await waitFor(() => isDone);
  return looks;
}

test("it is over at the first look before which nothing came", async () => {
  expect(await waited(new LastOutput(), () => {})).toBe(1);
  const talking = new LastOutput();
  expect(await waited(talking, (looks) => looks < 3 && talking.came())).toBe(3);
});

test("whoever prints on and on is not waited for for ever", async () => {
  const endless = new LastOutput();
  expect(await waited(endless, () => endless.came())).toBe(8);
});

test("while nothing is read it is not over, nor at once when reading goes on", async () => {
  const slow = new LastOutput();
  slow.paused();
  const looks = await waited(slow, (looks) => {
    if (looks === 10) slow.resumed();
  });
  expect(looks).toBe(11);
});
