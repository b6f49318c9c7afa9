"""The preview room: curves to poses of a head, poses to pictures, pictures to films, sheets and strips."""
