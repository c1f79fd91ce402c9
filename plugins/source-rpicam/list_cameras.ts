/**
 * The cameras at the camera ports, for `camagent cameras` and `auto:`.
 *
 * @module
 */

import type { Camera, CameraSearch } from "../../mod.ts";
import type { ListedCamera } from "./listing.ts";
import type { Programs } from "./programs.ts";
import { cameraUsers } from "./users.ts";

/** Lists them, unless one of them streams: then nobody may ask. */
export async function listCameras(
  search: CameraSearch,
  programs: Programs,
): Promise<Camera[]> {
  const { runtime } = search;
  if (!programs.isThere(runtime)) return [];
  const users = await cameraUsers(runtime);
  const busy = users.length > 0;
  if (!busy) return (await programs.list(search)).map(describe);
  const model = "in use: not to be asked for its name";
  const id = "camera port";
  return [{ address: "rpicam:0", model, id, modes: [], busy, users }];
}

function describe({ index, model, id, modes }: ListedCamera): Camera {
  return {
    address: `rpicam:${index}`,
    model,
    id,
    modes: modes.map(({ format, size, fps }) => ({
      format,
      size,
      fps: fps === undefined ? [] : [fps],
    })),
    busy: false,
    users: [],
  };
}
