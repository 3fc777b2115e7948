"use client";
import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";

export type DialogPanelProps = {
  title: string;
  /** One sentence under the title. */
  description?: ReactNode;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
};

/** The panel of a dialog that is open. What had the focus before has it again afterwards. */
export function DialogPanel({ title, description, wide = false, onClose, children }: DialogPanelProps) {
  const before = useRef<Element | null>(null);
  return (
    <Primitive.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-shade" />
        <Primitive.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          onOpenAutoFocus={() => {
            before.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus();
          }}
          className={classNames(
            "fixed z-50 flex max-h-[85dvh] flex-col bg-surface shadow-float outline-none animate-rise",
            "inset-x-0 bottom-0 rounded-t-card sm:inset-auto sm:top-[10vh] sm:left-1/2 sm:w-full sm:-translate-x-1/2 sm:rounded-card",
            wide ? "sm:max-w-3xl" : "sm:max-w-lg",
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1 space-y-1">
              <Primitive.Title className="text-lg font-semibold">{title}</Primitive.Title>
              {description ? (
                <Primitive.Description className="text-sm text-ink-soft">{description}</Primitive.Description>
              ) : null}
            </div>
            <Primitive.Close asChild>
              <Button variant="ghost" size="icon" aria-label="Close" className="-mt-1 -mr-2">
                <X aria-hidden />
              </Button>
            </Primitive.Close>
          </header>
          <div className="overflow-y-auto px-5 pb-5">{children}</div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
