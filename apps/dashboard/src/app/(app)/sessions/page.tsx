import type { Metadata } from "next";
import { SessionListPage } from "../../../features/sessions/session-list-page.tsx";

export const metadata: Metadata = { title: "Sessions" };

export default function Page() {
  return <SessionListPage />;
}
