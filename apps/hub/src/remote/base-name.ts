/** Names that Windows takes for devices, whatever follows the first dot. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const MOST_BYTES = 200;

/**
 * The last part of a path as a plain file name that means nothing else to any receiver: version 1 daemons join it to
 * their folder as it comes.
 */
export function baseName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const plain = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}:*?"<>|]/gu, "_")
    .replace(/^[\s.~-]+/u, "")
    .replace(/[\s.]+$/u, "");
  const safe = DEVICES.test(plain) ? `_${plain}` : plain;
  return shortened(safe) || "file";
}

/** Keeps what follows the last dot: it says what kind of file it is. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 && Buffer.byteLength(name.slice(dot)) <= 20 ? name.slice(dot) : "";
  let stem = ending ? name.slice(0, dot) : name;
  while (Buffer.byteLength(stem) > MOST_BYTES - Buffer.byteLength(ending)) stem = [...stem].slice(0, -1).join("");
  return stem + ending;
}
