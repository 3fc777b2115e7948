"use client";
import { Button } from "../../ui/button.tsx";
import { CopyField } from "../../ui/copy-field.tsx";

type ShownLinkProps = { link: string; until: string; onClose: () => void };

/** A link to hand over, which is shown this once. */
export const ShownLink = ({ link, until, onClose }: ShownLinkProps) => (
  <div className="space-y-4" data-testid="shown-link">
    <CopyField label="Link" text={link} />
    <p className="text-sm text-ink-soft">
      It is not shown again, and nobody sends it for you. It serves once, until {until}.
    </p>
    <div className="flex justify-end">
      <Button variant="primary" onClick={onClose}>
        Done
      </Button>
    </div>
  </div>
);
