import type { Metadata } from "next";
import { SessionPage } from "../../../../features/sessions/session-page.tsx";

export const metadata: Metadata = { title: "Session" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <SessionPage id={(await params).id} />;
}
