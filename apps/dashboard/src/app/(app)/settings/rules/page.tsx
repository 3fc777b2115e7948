import type { Metadata } from "next";
import { RulesPage } from "../../../../features/approval-rules/rules-page.tsx";

export const metadata: Metadata = { title: "Approval rules" };

export default function Page() {
  return <RulesPage />;
}
