import type { Metadata } from "next";
import { MembersPage } from "../../../../features/members/members-page.tsx";

export const metadata: Metadata = { title: "People in the project" };

export default function Page() {
  return <MembersPage />;
}
