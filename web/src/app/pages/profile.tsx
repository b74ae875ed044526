import { useNavigate } from "@tanstack/react-router";
import { ProfilePage } from "@/features/profile/profile-page";

export function Profile() {
  const navigate = useNavigate();
  return <ProfilePage onDeleted={() => void navigate({ to: "/sign-in", search: {} })} />;
}
