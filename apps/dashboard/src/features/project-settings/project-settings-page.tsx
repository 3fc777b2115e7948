"use client";
import { useQuery } from "@tanstack/react-query";
import { Card } from "../../ui/card.tsx";
import { KeyValue } from "../../ui/key-value.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { meQuery } from "../account/account-queries.ts";
import { maySettle } from "../members/member-words.ts";
import { useProject } from "../projects/project-context.tsx";
import { ProjectSettingsForm } from "./project-settings-form.tsx";
import { SETTING_GROUPS, valueWords } from "./setting-words.ts";

/** How work goes in the chosen project; who may not change it reads it. */
export function ProjectSettingsPage() {
  const { project } = useProject();
  const me = useQuery(meQuery);
  if (me.isPending) return <SkeletonRows rows={6} />;
  if (maySettle(project, me.data?.user.role)) return <ProjectSettingsForm key={project.id} project={project} />;
  return (
    <div className="space-y-5">
      <p className="text-sm text-ink-soft">
        This is how work goes in {project.name}. Its owners settle it, and the hub's admins.
      </p>
      {SETTING_GROUPS.map(({ title, settings }) => (
        <Card key={title} title={title}>
          <KeyValue
            rows={settings.map((setting) => [
              setting.label,
              <span key={setting.name} className="whitespace-pre-wrap">
                {valueWords(setting, project.settings)}
              </span>,
            ])}
          />
        </Card>
      ))}
    </div>
  );
}
