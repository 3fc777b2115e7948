import type { Metadata } from "next";
import { readPosition } from "../../../../../features/recordings/recording-address.ts";
import { RecordingPage } from "../../../../../features/recordings/recording-page.tsx";

export const metadata: Metadata = { title: "Recording" };

type Address = {
  params: Promise<{ id: string }>;
  searchParams: Promise<Partial<Record<"at" | "q", string | string[]>>>;
};

export default async function Page({ params, searchParams }: Address) {
  const { at, q } = await searchParams;
  const words = [q].flat()[0] ?? "";
  return <RecordingPage id={(await params).id} start={{ at: readPosition([at].flat()[0]), words }} />;
}
