import type { Metadata } from "next";
import { Suspense } from "react";
import { RecordingListPage } from "../../../../features/recordings/recording-list-page.tsx";

export const metadata: Metadata = { title: "Recordings" };

export default function Page() {
  return (
    <Suspense>
      <RecordingListPage />
    </Suspense>
  );
}
