const plain = process.env.NO_COLOR !== undefined || process.env.TERM === "dumb";
const painted = (code) => (text) => (plain ? text : `\x1b[${code}m${text}\x1b[0m`);

export const bold = painted(1);
export const dim = painted(90);
export const red = painted(31);
export const green = painted(32);
export const cyan = painted(36);
