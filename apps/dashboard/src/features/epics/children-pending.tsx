import type { Task } from "@orchestratia/protocol/tasks";
import { Card } from "../../ui/card.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";

/** As high as the children will be. */
export const ChildrenPending = ({ task }: { task: Task }) => (
  <Card title="Children" bodyClassName="p-0">
    <SkeletonRows rows={Math.min(20, task.children ? task.children.total + 1 : 2)} />
  </Card>
);
