/** Permissions of members (DESIGN section 4), kept as a bit mask beside the member so that a send needs one comparison. */
export const PERMISSIONS = {
  send_messages: 1,
  manage_members: 2,
  change_settings: 4,
  delete_messages: 8,
  moderate_content: 16,
  admin: 32,
} as const;

export type Permission = keyof typeof PERMISSIONS;
export type Role = "owner" | "admin" | "member" | "guest";
export type PermissionOverrides = Partial<Record<Permission, boolean>>;

const ROLE_RANK: Record<Role, number> = { owner: 3, admin: 2, member: 1, guest: 0 };

const ALL_PERMISSIONS = Object.values(PERMISSIONS).reduce((mask, bit) => mask | bit, 0);

const ROLE_RIGHTS: Record<Role, number> = {
  owner: ALL_PERMISSIONS,
  admin: ALL_PERMISSIONS,
  member: PERMISSIONS.send_messages,
  guest: PERMISSIONS.send_messages,
};

/**
 * Rights of a member as a bit mask: the role's defaults, then the member's own grants, then their own denials. Granting `admin`
 * gives all that the role admin may; a denial beside it still holds. Owners cannot be denied anything.
 */
export function rightsOf(role: Role, overrides: PermissionOverrides): number {
  if (role === "owner") return ALL_PERMISSIONS;
  let rights = ROLE_RIGHTS[role];
  if (overrides.admin) rights = ROLE_RIGHTS.admin;
  for (const [permission, granted] of Object.entries(overrides) as [Permission, boolean][]) {
    rights = granted ? rights | PERMISSIONS[permission] : rights & ~PERMISSIONS[permission];
  }
  return rights;
}

/**
 * Whether someone with `actorRights` may move another's rights from `before` to `next`: nobody grants what they do not hold. Taking
 * away is bound by rank alone.
 */
export function mayGrant(actorRights: number, before: number, next: number): boolean {
  return (next & ~before & ~actorRights) === 0;
}

/** What stays of overrides through leaving and joining again by oneself: denials, or leaving would be the way out of them. */
export function denialsOf(overrides: PermissionOverrides): PermissionOverrides {
  return Object.fromEntries(Object.entries(overrides).filter(([, granted]) => !granted));
}

export function sameOverrides(one: PermissionOverrides, other: PermissionOverrides): boolean {
  return (Object.keys(PERMISSIONS) as Permission[]).every((permission) => one[permission] === other[permission]);
}

export function hasRight(rights: number, permission: Permission): boolean {
  return (rights & PERMISSIONS[permission]) !== 0;
}

export function permissionNames(rights: number): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => hasRight(rights, permission));
}

/** Nobody changes someone of a higher role, and nobody gives a role above their own. */
export function mayChangeRole(actor: Role, subject: Role, next: Role): boolean {
  return ROLE_RANK[actor] >= ROLE_RANK[subject] && ROLE_RANK[actor] >= ROLE_RANK[next];
}

/** Whether `actor` stands at least as high as `subject`. */
export function outranks(actor: Role, subject: Role): boolean {
  return ROLE_RANK[actor] >= ROLE_RANK[subject];
}

/** Owners and admins see the whole history whatever the conversation's setting. */
export function seesWholeHistory(role: Role): boolean {
  return role === "owner" || role === "admin";
}
