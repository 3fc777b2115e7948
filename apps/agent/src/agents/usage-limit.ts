const hour = 3_600_000;
const day = 24 * hour;
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: hour, d: day, w: 7 * day };

const span =
  /(?:in|after)\s+((?:\d+\s*(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|weeks?|[dhms])\b[\s,]*(?:and\s+)?)+)/i;
const clockTime =
  /\b(?:resets?(?: at)?|try again at|available again at)\s+(?:(?<month>[A-Z][a-z]{2})[a-z]*\.?\s+(?<day>\d{1,2})(?:st|nd|rd|th)?,?\s*(?:(?<year>\d{4}),?\s*)?(?:at\s+)?)?(?<hour>\d{1,2})(?::(?<minute>\d{2}))?\s*(?<half>[ap]\.?m\.?)?(?:\s*\((?<zone>[A-Za-z_]+(?:\/[A-Za-z_+-]+)*)\))?/i;
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * When the usage limit ends that `text` speaks of: "resets 3pm (Europe/Berlin)", "try again at Nov 28, 2026 9:05 AM",
 * "try again in 2 hours 5 minutes". A time of day is the next such time after `now`; undefined when nothing is said.
 */
export function limitEnd(text: string, now: Date): Date | undefined {
  const spanned = span.exec(text)?.[1];
  if (spanned !== undefined) return new Date(now.getTime() + spanMs(spanned));
  const groups = clockTime.exec(text)?.groups;
  return groups === undefined ? undefined : clockEnd(groups, now);
}

const spanMs = (text: string): number =>
  [...text.matchAll(/(\d+)\s*([a-z])/gi)].reduce(
    (ms, [, count, unit]) => ms + Number(count) * (units[unit?.toLowerCase() ?? ""] ?? 0),
    0,
  );

function clockEnd(groups: Record<string, string | undefined>, now: Date): Date | undefined {
  const zone = isZone(groups.zone) ? groups.zone : undefined;
  const hours = (Number(groups.hour) % (groups.half ? 12 : 24)) + (groups.half?.toLowerCase().startsWith("p") ? 12 : 0);
  const minutes = Number(groups.minute ?? 0);
  const today = dateIn(zone, now);
  if (groups.month !== undefined) {
    const month = months.indexOf(groups.month.toLowerCase());
    if (month < 0) return undefined;
    return momentIn(zone, { year: Number(groups.year ?? today.year), month, day: Number(groups.day), hours, minutes });
  }
  const end = momentIn(zone, { ...today, hours, minutes });
  return end > now ? end : momentIn(zone, { ...today, day: today.day + 1, hours, minutes });
}

const isZone = (zone: string | undefined): zone is string => {
  try {
    return zone !== undefined && new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
};

/** The calendar's date at `moment` in a time zone, or in the machine's own. */
function dateIn(zone: string | undefined, moment: Date): { year: number; month: number; day: number } {
  if (zone === undefined) return { year: moment.getFullYear(), month: moment.getMonth(), day: moment.getDate() };
  const shifted = new Date(moment.getTime() + offsetMs(zone, moment));
  return { year: shifted.getUTCFullYear(), month: shifted.getUTCMonth(), day: shifted.getUTCDate() };
}

interface Local {
  year: number;
  month: number;
  day: number;
  hours: number;
  minutes: number;
}

function momentIn(zone: string | undefined, { year, month, day: date, hours, minutes }: Local): Date {
  if (zone === undefined) return new Date(year, month, date, hours, minutes);
  const asUtc = Date.UTC(year, month, date, hours, minutes);
  return new Date(asUtc - offsetMs(zone, new Date(asUtc)));
}

/** How far a time zone is ahead of UTC at `moment`. */
function offsetMs(zone: string, moment: Date): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const name = format.formatToParts(moment).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * hour + Number(minutes ?? 0) * 60_000);
}
