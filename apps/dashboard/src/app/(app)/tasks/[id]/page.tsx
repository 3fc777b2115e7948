import type { Metadata } from "next";
import { TaskPage } from "../../../../features/tasks/task-page.tsx";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).id };
}

export default async function Page({ params }: Props) {
  return <TaskPage taskRef={(await params).id} />;
}
