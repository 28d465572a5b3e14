"""Systems Baton writes to, one file each; they speak HTTP and know nothing of ours."""
