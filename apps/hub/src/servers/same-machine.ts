/** Whether two servers rows are registrations of one machine, as SQL. */
export const SAME_MACHINE = (one: string, other: string): string =>
  `(${one}.id = ${other}.id or ${one}.machine_id <> '' and ${one}.machine_id = ${other}.machine_id)`;
