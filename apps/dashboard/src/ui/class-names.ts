import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({ extend: { classGroups: { rounded: [{ rounded: ["control", "card"] }] } } });

/** Joins class names; of two that set the same property the later wins. */
export const classNames = (...values: ClassValue[]): string => merge(clsx(values));
