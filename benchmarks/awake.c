/* Keeps the lab's processor busy, and costs the computer beneath next to nothing.
 *
 * The lab's clock advances with each instruction and leaps when the processor idles. Nothing is quicker to emulate than
 * instructions that do nothing, in pieces as long as qemu translates at once (512): a virtual second takes 0.02 of ours.
 */
int main(void) {
    for (;;)
        __asm__ volatile(".rept 4096\n\tnop\n\t.endr");
}
