/*
 * launch_image.h - the launcher (launch/), built as a small static program, as bytes in the binary.
 * The build makes them; they are written to a sealed memfd and run from there.
 */
#ifndef PLATFORM_LAUNCH_IMAGE_H
#define PLATFORM_LAUNCH_IMAGE_H

extern const unsigned char launch_image[], launch_image_end[];

#endif
