/** `1 file`, `2 files`, `1,200 files`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`;
