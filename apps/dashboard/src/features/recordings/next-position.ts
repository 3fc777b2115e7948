/** With pauses skipped, nothing printed for so many seconds is the most that is waited through. */
const longestPause = 2;

/** Where playing has come to after `seconds`, between the event before and the next one. */
export function nextPosition({
  position,
  seconds,
  lastAt,
  nextAt,
  skipsPauses,
}: {
  position: number;
  seconds: number;
  lastAt: number;
  nextAt: number | undefined;
  skipsPauses: boolean;
}): number {
  const reached = position + seconds;
  if (nextAt === undefined || reached >= nextAt) return reached;
  return skipsPauses && nextAt - lastAt > longestPause && reached - lastAt >= longestPause ? nextAt : reached;
}

/** `1:02:03`, and `2:03` below an hour. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
