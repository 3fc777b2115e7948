import type { Metadata } from "next";
import { ResetPage } from "../../../features/account/reset-page.tsx";

export const metadata: Metadata = { title: "New password" };

export default function Page() {
  return <ResetPage />;
}
