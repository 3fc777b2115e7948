/** Stands for rows that came while the list was looked at, until the reader asks for them. */
export const FreshRows = ({ count, onShow }: { count: number; onShow: () => void }) =>
  count > 0 ? (
    <button
      type="button"
      onClick={onShow}
      className="block h-9 w-full border-b bg-accent-wash text-sm font-medium text-accent -outline-offset-2 touch:h-11"
    >
      {count} new
    </button>
  ) : null;
