import type { Metadata } from "next";
import { RecordingPage } from "../../../../../features/recordings/recording-page.tsx";

export const metadata: Metadata = { title: "Recording" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <RecordingPage id={(await params).id} />;
}
