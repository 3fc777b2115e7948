import type { Metadata } from "next";
import { LoginForm } from "../../../features/account/login-form.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default function Page() {
  return <LoginForm />;
}
