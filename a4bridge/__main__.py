from a4bridge.cli import main

main()
