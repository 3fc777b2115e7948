import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Providers } from "../features/frame/providers.tsx";
import "../ui/theme.css";

export const metadata: Metadata = {
  title: { default: "Orchestratia", template: "%s · Orchestratia" },
  description: "Mission control for fleets of AI coding agents",
  // The set-up link carries a token in its address.
  referrer: "same-origin",
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#faf8f5" },
    { media: "(prefers-color-scheme: dark)", color: "#14110e" },
  ],
  viewportFit: "cover",
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
