/** Whose reward a group gets. Apart from the world, which takes long to load. */
export const CREDITS = ['team', 'difference'] as const
export type Credit = (typeof CREDITS)[number]
