/** Three strands that one hub holds together. */
export const Logo = ({ className }: { className?: string }) => (
  <svg aria-hidden="true" viewBox="0 0 32 32" className={className}>
    <rect width="32" height="32" rx="8" fill="var(--accent)" />
    <g fill="none" stroke="var(--accent-ink)" strokeWidth="2.4" strokeLinecap="round">
      <path d="M8 9.5c5 0 5.5 6.5 9.5 6.5M8 16h9.5M8 22.5c5 0 5.5-6.5 9.5-6.5" />
    </g>
    <circle cx="21.5" cy="16" r="3.6" fill="var(--accent-ink)" />
  </svg>
);
