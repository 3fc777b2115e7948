import type { User } from "@orchestratia/protocol/people";
import type { z } from "zod";

export interface UserRow {
  id: string;
  email: string;
  name: string;
  role: string;
  created_at: Date;
}

export const toUser = ({ id, email, name, role, created_at }: UserRow): z.input<typeof User> => ({
  id,
  email,
  name,
  role: role === "admin" ? "admin" : "viewer",
  created_at: created_at.toISOString(),
});
