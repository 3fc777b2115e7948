import type { Metadata } from "next";
import { ProjectSettingsPage } from "../../../../features/project-settings/project-settings-page.tsx";

export const metadata: Metadata = { title: "How work goes" };

export default function Page() {
  return <ProjectSettingsPage />;
}
