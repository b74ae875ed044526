import type { components } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type Project = Schemas["Project"];
export type ApiKey = Schemas["ApiKey"];
export type Server = Schemas["Server"];
export type CreateServer = Schemas["CreateServer"];
export type ServerState = Schemas["ServerState"];
export type Upstream = Schemas["Upstream"];
export type Tool = Schemas["Tool"];
export type ToolCall = Schemas["ToolCall"];
export type ToolCallStatus = Schemas["ToolCallStatus"];
export type Payload = Schemas["Payload"];
export type Role = Schemas["Role"];
export type CallToolResult = Schemas["CallToolResult"];
export type ClientSession = Schemas["ClientSession"];
export type ServerLog = Schemas["ServerLog"];
export type LogLevel = Schemas["LogLevel"];
export type BreakdownRow = Schemas["BreakdownRow"];
export type Member = Schemas["Member"];
export type Invitation = Schemas["Invitation"];
export type CreatedInvitation = Schemas["CreatedInvitation"];
export type Team = Schemas["Team"];
export type ProjectTeam = Schemas["ProjectTeam"];
