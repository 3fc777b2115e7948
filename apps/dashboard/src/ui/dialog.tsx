"use client";
import { Slot } from "radix-ui";
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { DialogPanelProps } from "./dialog-panel.tsx";

const load = () => import("./dialog-panel.tsx");
const DialogPanel = lazy(() => load().then((it) => ({ default: it.DialogPanel })));

type DialogProps = Omit<DialogPanelProps, "onClose"> & {
  trigger?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
};

/**
 * A modal panel: centred on a desk, a sheet from the bottom on a phone. The code of the panel comes with the first wish for
 * one; pages are smaller without it.
 */
export function Dialog({ trigger, open, onOpenChange, ...panel }: DialogProps) {
  const [own, setOwn] = useState(false);
  const isOpen = open ?? own;
  const change = (next: boolean) => {
    setOwn(next);
    onOpenChange?.(next);
  };
  return (
    <>
      {trigger ? (
        <Slot.Root
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          onPointerEnter={() => void load()}
          onFocus={() => void load()}
          onClick={() => change(true)}
        >
          {trigger}
        </Slot.Root>
      ) : null}
      {isOpen ? (
        <Suspense fallback={null}>
          <DialogPanel {...panel} onClose={() => change(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
