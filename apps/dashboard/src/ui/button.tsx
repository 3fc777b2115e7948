import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { classNames } from "./class-names.ts";

const look = cva(
  "inline-flex items-center justify-center gap-2 rounded-control border font-medium whitespace-nowrap select-none transition-colors disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary:
          "border-transparent bg-accent text-accent-ink enabled:hover:bg-accent-strong hover:[&:is(a)]:bg-accent-strong",
        secondary: "border-line-strong/50 bg-surface text-ink hover:bg-hover",
        ghost: "border-transparent text-ink-soft hover:bg-hover hover:text-ink",
        danger: "border-red/50 bg-surface text-red hover:bg-danger-wash",
      },
      size: {
        normal: "h-8 px-3 text-sm touch:h-11 touch:px-4 touch:text-base [&_svg]:size-4",
        large: "h-10 px-4 text-base touch:h-11 [&_svg]:size-4",
        icon: "size-8 touch:size-11 [&_svg]:size-4",
      },
    },
    defaultVariants: { variant: "secondary", size: "normal" },
  },
);

type ButtonProps = ComponentProps<"button"> &
  VariantProps<typeof look> & {
    /** Draws the child (a link) as a button instead of a button around it. */
    asChild?: boolean;
    /** The action is under way: it cannot be pressed again and says so to screen readers. */
    pending?: boolean;
  };

export function Button({ asChild = false, pending = false, variant, size, className, disabled, ...rest }: ButtonProps) {
  const classes = classNames(look({ variant, size }), className);
  if (asChild) return <Slot.Root className={classes} {...rest} />;
  return (
    <button
      type="button"
      className={classes}
      disabled={disabled || pending}
      aria-busy={pending || undefined}
      {...rest}
    />
  );
}
