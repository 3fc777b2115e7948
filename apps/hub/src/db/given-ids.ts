/**
 * The ids of an array parameter, for statements that run all the time: `where t.id = any(${givenIds(1)})`.
 * Read through a subquery the planner guesses ten of them whether or not it knows the array, finds its general plan no dearer
 * than a new one, and keeps it; with `any($1)` it plans every execution anew, which took longer than the statement itself.
 */
export const givenIds = (parameter: number): string => `array(select unnest($${parameter}::uuid[]))`;
