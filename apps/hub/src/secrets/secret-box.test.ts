import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { SealError, SecretBox } from "./secret-box.ts";

const key = (id: string) => ({ id, key: randomBytes(32) });
const FOR = "a test";

test("what is sealed opens again, whatever text it is, and never looks the same twice", () => {
  const box = new SecretBox([key("a")]);
  for (const text of ["", "secret", "ключ 🔑", "x".repeat(100_000)]) {
    const sealed = box.seal(text, FOR);
    expect(sealed).toMatch(/^v1\.a\.[A-Za-z0-9_-]+$/);
    expect(box.open(sealed, FOR)).toBe(text);
    expect(box.seal(text, FOR)).not.toBe(sealed);
  }
});

test("every change of a single bit breaks the seal", () => {
  const box = new SecretBox([key("a")]);
  const [form, id, text = ""] = box.seal("secret", FOR).split(".");
  const bytes = Buffer.from(text, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(() => box.open(`${form}.${id}.${changed.toString("base64url")}`, FOR), `bit ${bit}`).toThrow(SealError);
  }
});

test("a shortened seal, another form and any other text are refused as such", () => {
  const box = new SecretBox([key("a")]);
  const sealed = box.seal("secret", FOR);
  const others = [sealed.slice(0, -3), sealed.replace("v1", "v2"), "v1.a.AAAA", "v1..", "", "secret", `${sealed}\n`];
  for (const other of others) expect(() => box.open(other, FOR), other).toThrow(SealError);
});

test("what was sealed for one thing does not open for another", () => {
  const box = new SecretBox([key("a")]);
  const sealed = box.seal("secret", "oauth provider github");
  expect(() => box.open(sealed, "oauth provider google")).toThrow("The seal is broken");
});

test("the key's id is part of the seal: under another name the same key opens nothing", () => {
  const { key: bytes } = key("a");
  const sealed = new SecretBox([{ id: "a", key: bytes }]).seal("secret", FOR);
  const renamed = new SecretBox([{ id: "b", key: bytes }]);
  expect(() => renamed.open(sealed.replace("v1.a.", "v1.b."), FOR)).toThrow("The seal is broken");
});

test("after a rotation the first key seals, the old one still opens, and resealing makes it dispensable", () => {
  const [old, fresh] = [key("old"), key("new")];
  const sealed = new SecretBox([old]).seal("secret", FOR);
  const both = new SecretBox([fresh, old]);
  expect(both.open(sealed, FOR)).toBe("secret");
  const resealed = both.reseal(sealed, FOR) ?? "";
  expect(resealed).toMatch(/^v1\.new\./);
  expect(both.reseal(resealed, FOR)).toBeUndefined();
  const later = new SecretBox([fresh]);
  expect(later.open(resealed, FOR)).toBe("secret");
  expect(() => later.open(sealed, FOR)).toThrow("The key old that this was sealed with is not among");
});

test("a box without keys, with a short key or with two of the same id is refused", () => {
  expect(() => new SecretBox([])).toThrow("no key");
  expect(() => new SecretBox([{ id: "a", key: randomBytes(16) }])).toThrow("16 bytes");
  expect(() => new SecretBox([key("a"), key("a")])).toThrow("same id");
});
