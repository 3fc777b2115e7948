import type { Metadata } from "next";
import { SetupForm } from "../../../features/account/setup-form.tsx";

export const metadata: Metadata = { title: "Set up" };

export default function Page() {
  return <SetupForm />;
}
